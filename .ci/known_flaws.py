"""Look up known flaws of everything that is shipped; exits with 1 where there is one.

CI may have no way to the service that knows them: then a line says so, and nothing fails.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements-otel.lock"
"""The other lock of what is shipped is a part of it."""
LONGEST_SECONDS = 180


def report() -> tuple[list[dict[str, object]], str]:
    """Return what pip-audit says of each package, and why there is nothing where there is nothing."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(LOCK),
        "--disable-pip",
        "--require-hashes",
    ]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        ended = subprocess.run(
            [*command, *options], capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
        return json.loads(ended.stdout)["dependencies"], ""
    except subprocess.TimeoutExpired:
        return [], "no answer in time"
    except (ValueError, KeyError):
        return [], f"it ended with {ended.returncode} and without a report"


def main() -> int:
    """Print what was found; return the exit status."""
    packages, trouble = report()
    looked_up = [package for package in packages if "vulns" in package]
    for package in looked_up:
        for flaw in package["vulns"]:
            fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
            print(f"known flaw: {package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}")
    if len(looked_up) < len(packages) or not packages:
        missed = f"{len(packages) - len(looked_up)} of {len(packages)} packages" if packages else trouble
        print(f"known flaws: the service could not be asked ({missed}); going on without")
    else:
        print(f"known flaws: {len(packages)} packages looked up")
    return int(any(package["vulns"] for package in looked_up))


sys.exit(main())

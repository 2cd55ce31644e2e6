"""Whose token the bot uses, for the doctor."""

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import Nonsense
from bot.vps.client import VpsClient
from bot.vps.refusals import invalid_response


class Account(BaseModel):
    """The account behind the token, and what the token may do, in VPS.org's own words."""

    model_config = ConfigDict(frozen=True)

    email: str = Field(validation_alias=AliasPath("account", "email"))
    token_name: str = Field(default="", validation_alias=AliasPath("token", "name"))
    permissions: tuple[str, ...] = Field(default=(), validation_alias=AliasPath("token", "permissions"))


async def read_account(client: VpsClient) -> Account:
    """Return whose token it is; any valid token may ask (VPS-API.md, `GET /account/me/`).

    Raises:
        Unauthorized: the token is not valid.
        ProviderError: VPS.org could not be asked.
    """
    answer = await client.get("/account/me/")
    try:
        return Account.model_validate(answer)
    except ValidationError:
        raise invalid_response(Nonsense.NOT_AN_ACCOUNT) from None

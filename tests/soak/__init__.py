"""Twenty minutes of everything at once, with faults and kills: what grows, and what was lost."""

"""What was done on servers, in order: for an incident's channel, and for the postmortem."""

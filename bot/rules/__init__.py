"""The rules that decide who may do what: from the variables and from a file."""

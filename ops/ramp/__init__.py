"""The driver of a cutover: a loop over the path that a person uses, with judgement over time."""

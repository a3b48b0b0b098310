"""An experimental kind of fleet, which a JSON file describes: all that a new kind takes."""

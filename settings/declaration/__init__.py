"""How a config key is declared, read and reported; knows no key by name."""

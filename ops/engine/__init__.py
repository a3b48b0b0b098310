"""The Pulumi engine as the commands use it: the Automation API on this project's own folder."""

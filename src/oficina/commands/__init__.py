"""What each verb of the command does: one file per verb, each with ``main(arguments) -> exit code``."""

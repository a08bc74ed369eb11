"""The commands of `girouette`, a file a noun; `deploy.cli` puts them together."""

"""Where messages come in and receipts go out."""

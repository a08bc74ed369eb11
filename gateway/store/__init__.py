"""Where series are kept: one port, one adapter a store."""

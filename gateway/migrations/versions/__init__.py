"""One file a published version of the schema, never changed afterwards."""

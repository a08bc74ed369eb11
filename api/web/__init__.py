"""The pages that citizens read: rendered on the server, without a line of JavaScript."""

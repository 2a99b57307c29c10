"""Work that no page waits for: a queue, and the process that works it off."""

"""Articles: from page bytes to text and facts; pure."""

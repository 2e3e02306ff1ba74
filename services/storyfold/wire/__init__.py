"""Wire: records and envelopes as they stand on Kafka; pure."""

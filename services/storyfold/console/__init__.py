"""Console: metrics, health, web page and HTTP API over the store."""

"""Room 3': from recipes to Grafana."""

"""The pipelines of the app: plain Python, importable and testable without the CDK."""

"""A CDK app with one pipeline: read it as a tutorial, run it as a demo."""

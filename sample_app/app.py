"""The CDK app: ``cdk synth`` runs this file."""

from __future__ import annotations

from aws_cdk import App

from sample_app.stack import TrainingStack

app = App()
TrainingStack(app, "Training")
app.synth()

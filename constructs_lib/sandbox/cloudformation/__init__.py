"""What moto's CloudFormation lacks for the CDK's command line, one gap a file."""

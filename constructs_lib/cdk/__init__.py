"""The constructs. The only package that imports aws_cdk."""

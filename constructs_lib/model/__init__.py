"""What a pipeline means: steps, variables, conditions and the graph they form. Pure data."""

"""What the user writes: ``@step``, the call of a step, and what stands for its result."""

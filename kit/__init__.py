"""Words every app shares. No models, no rules of the domain."""

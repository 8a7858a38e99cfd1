"""The guardian types that come with Chameleon, one module each."""

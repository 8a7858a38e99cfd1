"""Other systems' dialects, one folder each: their unmodified clients talk to us as to their own server."""

"""A living queue to look at: invented people, programs and questions, in an organization of their own."""

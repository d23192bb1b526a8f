"""The demo of `make run`: two companies, one login per role, a simulator as operator. Never outside development."""

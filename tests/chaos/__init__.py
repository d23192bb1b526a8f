"""Messages on their way while processes are killed and operators misbehave, and a count of everybody afterwards.

`scripts/chaos.py` is `make chaos`; `test_chaos.py` plays one short seed.
"""

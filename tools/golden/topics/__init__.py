"""One module a topic; each has `fixtures()`, which yields what it contributes."""

"""Banks for the tests: real servers that speak a bank's protocol, written from its description
and not from the portal's code."""

"""Pure business rules of the exchange."""

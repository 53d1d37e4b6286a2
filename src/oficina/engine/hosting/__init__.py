"""Model processes behind endpoints: raised, kept alive, routed to, captured, taken down."""

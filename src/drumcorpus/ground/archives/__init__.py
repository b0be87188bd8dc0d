"""Published archives: what a card says of them, how they come here, and how they are unpacked."""

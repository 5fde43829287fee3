"""What runs on the device: one firmware, two products (logger and scanner)."""

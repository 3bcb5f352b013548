"""Read coordinates in any form that people, programs and files write."""

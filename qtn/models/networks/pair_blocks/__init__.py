"""Networks of two-qubit blocks: isometric trees and chains as short as devices need them."""

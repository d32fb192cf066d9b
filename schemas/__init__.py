"""What crosses the wire: identifiers, vocabulary, edXML, receipts, evidence. Pure."""

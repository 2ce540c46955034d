"""The site of Fernbolt, an invented company that sells software: visits to try Leadstream with."""

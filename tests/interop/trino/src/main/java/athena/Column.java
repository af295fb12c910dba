package athena;

import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.type.Type;

/** A column, by its name in the catalog. */
record Column(String name, Type type) implements ColumnHandle {
}

package athena;

import io.trino.spi.connector.Connector;
import io.trino.spi.connector.ConnectorSession;
import io.trino.spi.ptf.ConnectorTableFunction;
import java.util.Set;

/** A connector with the table function {@code system.query}. */
abstract class FunctionConnector implements Connector {
    /** The statement's columns, as a table. */
    abstract Scan passthrough(ConnectorSession session, String statement);

    @Override
    public Set<ConnectorTableFunction> getTableFunctions() {
        return Set.of(new Passthrough(this));
    }
}

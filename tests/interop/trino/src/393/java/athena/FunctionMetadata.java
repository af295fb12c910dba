package athena;

import io.trino.spi.connector.ConnectorMetadata;
import io.trino.spi.connector.ConnectorSession;
import io.trino.spi.connector.ConnectorTableHandle;
import io.trino.spi.connector.TableFunctionApplicationResult;
import io.trino.spi.ptf.ConnectorTableFunctionHandle;
import java.util.List;
import java.util.Optional;

/** Reads a call of {@code system.query} as a table. */
abstract class FunctionMetadata implements ConnectorMetadata {
    @Override
    public Optional<TableFunctionApplicationResult<ConnectorTableHandle>> applyTableFunction(ConnectorSession session,
            ConnectorTableFunctionHandle handle) {
        Scan scan = ((Passthrough.Call) handle).scan();
        return Optional.of(new TableFunctionApplicationResult<>(scan,
                List.copyOf(getColumnHandles(session, scan).values())));
    }
}

package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trino.spi.HostAddress;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.ColumnMetadata;
import io.trino.spi.connector.Connector;
import io.trino.spi.connector.ConnectorContext;
import io.trino.spi.connector.ConnectorFactory;
import io.trino.spi.connector.ConnectorMetadata;
import io.trino.spi.connector.ConnectorPageSourceProvider;
import io.trino.spi.connector.ConnectorSession;
import io.trino.spi.connector.ConnectorSplit;
import io.trino.spi.connector.ConnectorSplitManager;
import io.trino.spi.connector.ConnectorSplitSource;
import io.trino.spi.connector.ConnectorTableHandle;
import io.trino.spi.connector.ConnectorTableMetadata;
import io.trino.spi.connector.ConnectorTableProperties;
import io.trino.spi.connector.ConnectorTransactionHandle;
import io.trino.spi.connector.Constraint;
import io.trino.spi.connector.DynamicFilter;
import io.trino.spi.connector.FixedPageSource;
import io.trino.spi.connector.FixedSplitSource;
import io.trino.spi.connector.SchemaTableName;
import io.trino.spi.transaction.IsolationLevel;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The expected side: a catalog over rows of a file that pushes nothing, so that Trino itself filters, sorts and limits. */
final class RowsConnector implements Connector {
    private final Map<SchemaTableName, Rows> tables;

    private record Table(SchemaTableName name) implements ConnectorTableHandle {
    }

    /** A table's only split. */
    private record Whole() implements ConnectorSplit {
        @Override
        public boolean isRemotelyAccessible() {
            return true;
        }

        @Override
        public List<HostAddress> getAddresses() {
            return List.of();
        }

        @Override
        public Object getInfo() {
            return "all rows";
        }
    }

    private RowsConnector(Map<SchemaTableName, Rows> tables) {
        this.tables = tables;
    }

    /** A catalog over a file: schemas, in them tables, as {@link Rows} reads them. */
    static ConnectorFactory factory(File file) {
        return new ConnectorFactory() {
            @Override
            public String getName() {
                return "rows";
            }

            @Override
            public Connector create(String catalog, Map<String, String> settings, ConnectorContext context) {
                Map<SchemaTableName, Rows> tables = new HashMap<>();
                try {
                    JsonNode schemas = new ObjectMapper().readTree(file);
                    schemas.fields().forEachRemaining(schema -> schema.getValue().fields().forEachRemaining(table ->
                            tables.put(new SchemaTableName(schema.getKey(), table.getKey()),
                                    new Rows(table.getValue(), context.getTypeManager()))));
                } catch (IOException error) {
                    throw new UncheckedIOException(error);
                }
                return new RowsConnector(tables);
            }
        };
    }

    @Override
    public ConnectorTransactionHandle beginTransaction(IsolationLevel level, boolean readOnly, boolean autoCommit) {
        return FederatedConnector.Transaction.ONE;
    }

    @Override
    public ConnectorMetadata getMetadata(ConnectorSession session, ConnectorTransactionHandle transaction) {
        return new ConnectorMetadata() {
            @Override
            public ConnectorTableHandle getTableHandle(ConnectorSession session, SchemaTableName name) {
                return tables.containsKey(name) ? new Table(name) : null;
            }

            @Override
            public ConnectorTableMetadata getTableMetadata(ConnectorSession session, ConnectorTableHandle table) {
                return new ConnectorTableMetadata(((Table) table).name, rows(table).metadata());
            }

            @Override
            public Map<String, ColumnHandle> getColumnHandles(ConnectorSession session, ConnectorTableHandle table) {
                return rows(table).handles();
            }

            @Override
            public ColumnMetadata getColumnMetadata(ConnectorSession session, ConnectorTableHandle table,
                    ColumnHandle column) {
                return new ColumnMetadata(((Column) column).name(), ((Column) column).type());
            }

            @Override
            public ConnectorTableProperties getTableProperties(ConnectorSession session, ConnectorTableHandle table) {
                return new ConnectorTableProperties();
            }
        };
    }

    private Rows rows(ConnectorTableHandle table) {
        return tables.get(((Table) table).name);
    }

    @Override
    public ConnectorSplitManager getSplitManager() {
        return new ConnectorSplitManager() {
            @Override
            public ConnectorSplitSource getSplits(ConnectorTransactionHandle transaction, ConnectorSession session,
                    ConnectorTableHandle table, DynamicFilter filter, Constraint constraint) {
                return new FixedSplitSource(List.of(new Whole()));
            }
        };
    }

    @Override
    public ConnectorPageSourceProvider getPageSourceProvider() {
        return (transaction, session, split, table, columns, filter) ->
                new FixedPageSource(List.of(rows(table).page(columns)));
    }
}

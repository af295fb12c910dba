package athena;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.trino.spi.connector.ConnectorTransactionHandle;
import io.trino.spi.connector.Constraint;
import io.trino.spi.connector.DynamicFilter;
import io.trino.spi.connector.FixedSplitSource;
import io.trino.spi.connector.SchemaTableName;
import io.trino.spi.transaction.IsolationLevel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A catalog whose connector is a federation function: Athena's part of a query. */
final class FederatedConnector extends FunctionConnector {
    private final Federation federation;
    private final Announced announced;
    private final Map<Object, Scan> described = new ConcurrentHashMap<>();

    /** Transactions are of no account here. */
    enum Transaction implements ConnectorTransactionHandle {
        ONE
    }

    /** What the connector announced that it understands beyond domains. */
    record Announced(Expressions expressions, boolean limit, boolean topN) {
        static final Announced NOTHING = new Announced(new Expressions(Set.of()), false, false);

        static Announced of(JsonNode capabilities) {
            Set<String> functions = new HashSet<>();
            capabilities.path("supports_complex_expression_pushdown").forEach(capability ->
                    capability.path("properties").forEach(name -> functions.add(name.asText())));
            return new Announced(new Expressions(functions), capabilities.has("supports_limit_pushdown"),
                    capabilities.has("supports_top_n_pushdown"));
        }
    }

    private FederatedConnector(Federation federation, Announced announced) {
        this.federation = federation;
        this.announced = announced;
    }

    /** A catalog of this name; {@code everything}: what the connector announces is pushed, else domains alone. */
    static ConnectorFactory factory(String name, Federation federation, boolean everything) {
        return new ConnectorFactory() {
            @Override
            public String getName() {
                return name;
            }

            @Override
            public Connector create(String catalog, Map<String, String> settings, ConnectorContext context) {
                return new FederatedConnector(federation,
                        everything ? Announced.of(federation.capabilities()) : Announced.NOTHING);
            }
        };
    }

    Scan describe(ConnectorSession session, SchemaTableName name, Map<String, String> arguments) {
        return described.computeIfAbsent(List.of(name, arguments),
                key -> federation.describe(name, arguments, session.getQueryId()));
    }

    @Override
    Scan passthrough(ConnectorSession session, String statement) {
        return describe(session, new SchemaTableName("system", "query"),
                Map.of("schemaFunctionName", "SYSTEM.QUERY", "QUERY", statement));
    }

    @Override
    public ConnectorTransactionHandle beginTransaction(IsolationLevel level, boolean readOnly, boolean autoCommit) {
        return Transaction.ONE;
    }

    @Override
    public ConnectorMetadata getMetadata(ConnectorSession session, ConnectorTransactionHandle transaction) {
        return new FederatedMetadata(this, announced);
    }

    @Override
    public ConnectorSplitManager getSplitManager() {
        return new ConnectorSplitManager() {
            @Override
            public ConnectorSplitSource getSplits(ConnectorTransactionHandle transaction, ConnectorSession session,
                    ConnectorTableHandle table, DynamicFilter filter, Constraint constraint) {
                Scan scan = (Scan) table;
                if (scan.domain().isNone()) {
                    return new FixedSplitSource(List.<ConnectorSplit>of());
                }
                List<Sent.Part> parts = federation.plan(scan, session.getQueryId());
                parts.stream().map(Sent.Part::sent).distinct().forEach(Run.of(session).sent()::add);
                return new FixedSplitSource(parts);
            }
        };
    }

    @Override
    public ConnectorPageSourceProvider getPageSourceProvider() {
        return (transaction, session, split, table, columns, filter) -> {
            Run run = Run.of(session);
            Sent.Part part = (Sent.Part) split;
            List<Column> read = columns.stream().map(Column.class::cast).toList();
            return new Reading(filter, part.sent().scan.domain(),
                    domain -> federation.read(part, domain, read, session.getQueryId(), run));
        };
    }
}

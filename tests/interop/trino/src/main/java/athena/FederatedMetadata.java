package athena;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.plugin.base.expression.ConnectorExpressions;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.ColumnMetadata;
import io.trino.spi.connector.ConnectorSession;
import io.trino.spi.connector.ConnectorTableHandle;
import io.trino.spi.connector.ConnectorTableMetadata;
import io.trino.spi.connector.ConnectorTableProperties;
import io.trino.spi.connector.Constraint;
import io.trino.spi.connector.ConstraintApplicationResult;
import io.trino.spi.connector.LimitApplicationResult;
import io.trino.spi.connector.SchemaTableName;
import io.trino.spi.connector.SortItem;
import io.trino.spi.connector.TopNApplicationResult;
import io.trino.spi.expression.ConnectorExpression;
import io.trino.spi.expression.Constant;
import io.trino.spi.predicate.TupleDomain;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.vector.types.pojo.Field;

/** Tables as the connector describes them, and what Trino's planner may leave to it. What is left is trusted. */
final class FederatedMetadata extends FunctionMetadata {
    private final FederatedConnector connector;
    private final FederatedConnector.Announced announced;

    FederatedMetadata(FederatedConnector connector, FederatedConnector.Announced announced) {
        this.connector = connector;
        this.announced = announced;
    }

    @Override
    public ConnectorTableHandle getTableHandle(ConnectorSession session, SchemaTableName name) {
        return connector.describe(session, name, Map.of());
    }

    @Override
    public ConnectorTableMetadata getTableMetadata(ConnectorSession session, ConnectorTableHandle table) {
        List<ColumnMetadata> columns = new ArrayList<>();
        for (Field field : ((Scan) table).schema().getFields()) {
            columns.add(new ColumnMetadata(field.getName(), WireTypes.trino(field)));
        }
        return new ConnectorTableMetadata(((Scan) table).name(), columns);
    }

    @Override
    public Map<String, ColumnHandle> getColumnHandles(ConnectorSession session, ConnectorTableHandle table) {
        Map<String, ColumnHandle> columns = new LinkedHashMap<>();
        for (Field field : ((Scan) table).schema().getFields()) {
            columns.put(field.getName(), new Column(field.getName(), WireTypes.trino(field)));
        }
        return columns;
    }

    @Override
    public ColumnMetadata getColumnMetadata(ConnectorSession session, ConnectorTableHandle table, ColumnHandle column) {
        return new ColumnMetadata(((Column) column).name(), ((Column) column).type());
    }

    @Override
    public ConnectorTableProperties getTableProperties(ConnectorSession session, ConnectorTableHandle table) {
        return new ConnectorTableProperties();
    }

    @Override
    public Optional<ConstraintApplicationResult<ConnectorTableHandle>> applyFilter(ConnectorSession session,
            ConnectorTableHandle table, Constraint constraint) {
        Scan scan = (Scan) table;
        // A filter above a limit is not one below it.
        if (scan.limit() >= 0) {
            return Optional.empty();
        }
        TupleDomain<ColumnHandle> domain = scan.domain().intersect(
                constraint.getSummary().filter((column, values) -> isPushed(column)));
        List<Scan.Expression> pushed = new ArrayList<>(scan.expressions());
        List<ConnectorExpression> remaining = new ArrayList<>();
        for (ConnectorExpression part : ConnectorExpressions.extractConjuncts(constraint.getExpression())) {
            Optional<ObjectNode> json = announced.expressions().json(part, constraint.getAssignments());
            if (part.equals(Constant.TRUE)) {
                continue;
            } else if (json.isEmpty()) {
                remaining.add(part);
                continue;
            }
            Scan.Expression expression = new Scan.Expression(json.get(), part.toString());
            if (!pushed.contains(expression)) {
                pushed.add(expression);
            }
        }
        if (domain.equals(scan.domain()) && pushed.size() == scan.expressions().size()) {
            return Optional.empty();
        }
        TupleDomain<ColumnHandle> rest = constraint.getSummary().filter((column, values) -> !isPushed(column));
        return Optional.of(new ConstraintApplicationResult<>(
                scan.filtered(domain, pushed), rest, ConnectorExpressions.and(remaining), false));
    }

    private static boolean isPushed(ColumnHandle column) {
        return WireTypes.arrow(((Column) column).type()) != null;
    }

    @Override
    public Optional<LimitApplicationResult<ConnectorTableHandle>> applyLimit(ConnectorSession session,
            ConnectorTableHandle table, long limit) {
        Scan scan = (Scan) table;
        boolean isNarrower = scan.limit() < 0 || limit < scan.limit();
        if (!announced.limit() || !scan.order().isEmpty() || !isNarrower) {
            return Optional.empty();
        }
        return Optional.of(new LimitApplicationResult<>(scan.limited(List.of(), limit), true, false));
    }

    @Override
    public Optional<TopNApplicationResult<ConnectorTableHandle>> applyTopN(ConnectorSession session,
            ConnectorTableHandle table, long count, List<SortItem> keys, Map<String, ColumnHandle> columns) {
        Scan scan = (Scan) table;
        if (!announced.topN() || scan.limit() >= 0) {
            return Optional.empty();
        }
        List<Scan.Order> order = new ArrayList<>();
        for (SortItem key : keys) {
            Column column = (Column) columns.get(key.getName());
            if (!isPushed(column)) {
                return Optional.empty();
            }
            order.add(new Scan.Order(column.name(), key.getSortOrder().name()));
        }
        return Optional.of(new TopNApplicationResult<>(scan.limited(order, count), true, false));
    }
}

package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.data.BlockUtils;
import com.amazonaws.athena.connector.lambda.domain.TableName;
import com.amazonaws.athena.connector.lambda.domain.predicate.AllOrNoneValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.Constraints;
import com.amazonaws.athena.connector.lambda.domain.predicate.EquatableValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.Marker;
import com.amazonaws.athena.connector.lambda.domain.predicate.OrderByField;
import com.amazonaws.athena.connector.lambda.domain.predicate.QueryPlan;
import com.amazonaws.athena.connector.lambda.domain.predicate.Range;
import com.amazonaws.athena.connector.lambda.domain.predicate.SortedRangeSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.ValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.ConstantExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.FederationExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.FunctionCallExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.VariableExpression;
import com.amazonaws.athena.connector.lambda.metadata.GetSplitsRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetTableLayoutRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetTableRequest;
import com.amazonaws.athena.connector.lambda.metadata.ListTablesRequest;
import com.amazonaws.athena.connector.lambda.metadata.MetadataRequest;
import com.amazonaws.athena.connector.lambda.records.ReadRecordsRequest;
import com.amazonaws.athena.connector.lambda.request.FederationRequest;
import com.amazonaws.athena.connector.lambda.request.PingRequest;
import com.amazonaws.athena.connector.lambda.security.FederatedIdentity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.arrow.vector.complex.reader.FieldReader;
import org.apache.arrow.vector.types.pojo.ArrowType;

/**
 * What a request says, by its own getters.
 *
 * <p>Of every column's value set there are also probes: values, and whether the set contains them by the SDK's own
 * evaluation.
 */
final class Words {
    private final BlockAllocator allocator;

    Words(BlockAllocator allocator) {
        this.allocator = allocator;
    }

    Map<String, Object> request(FederationRequest request, long seed) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("type", request.getClass().getSimpleName());
        said.put("identity", request.getIdentity() == null ? null : identity(request.getIdentity()));
        if (request instanceof PingRequest ping) {
            said.put("queryId", ping.getQueryId());
            said.put("catalogName", ping.getCatalogName());
        } else if (request instanceof MetadataRequest metadata) {
            said.put("queryId", metadata.getQueryId());
            said.put("catalogName", metadata.getCatalogName());
        }
        if (request instanceof ListTablesRequest list) {
            said.put("schemaName", list.getSchemaName());
            said.put("nextToken", list.getNextToken());
            said.put("pageSize", list.getPageSize());
        } else if (request instanceof GetTableRequest table) {
            said.put("table", table(table.getTableName()));
            said.put("passthrough", table.getQueryPassthroughArguments());
        } else if (request instanceof GetTableLayoutRequest layout) {
            said.put("table", table(layout.getTableName()));
            said.put("constraints", constraints(layout.getConstraints(), seed));
            said.put("schema", Cells.schema(layout.getSchema()));
            said.put("partitionColumns", layout.getPartitionCols().stream().sorted().toList());
        } else if (request instanceof GetSplitsRequest splits) {
            said.put("table", table(splits.getTableName()));
            said.put("partitions", Cells.block(splits.getPartitions()));
            said.put("partitionColumns", splits.getPartitionCols().stream().sorted().toList());
            said.put("constraints", constraints(splits.getConstraints(), seed));
            said.put("continuationToken", splits.getContinuationToken());
        } else if (request instanceof ReadRecordsRequest read) {
            said.put("queryId", read.getQueryId());
            said.put("catalogName", read.getCatalogName());
            said.put("table", table(read.getTableName()));
            said.put("schema", Cells.schema(read.getSchema()));
            said.put("split", Reading.split(read.getSplit()));
            said.put("constraints", constraints(read.getConstraints(), seed));
            said.put("maxBlockSize", read.getMaxBlockSize());
            said.put("maxInlineBlockSize", read.getMaxInlineBlockSize());
        }
        return said;
    }

    private static List<String> table(TableName table) {
        return List.of(table.getSchemaName(), table.getTableName());
    }

    private static Map<String, Object> identity(FederatedIdentity identity) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("arn", identity.getArn());
        said.put("account", identity.getAccount());
        said.put("tags", identity.getPrincipalTags());
        said.put("groups", identity.getIamGroups());
        said.put("configOptions", identity.getConfigOptions());
        return said;
    }

    private Map<String, Object> constraints(Constraints constraints, long seed) {
        Random random = new Random(seed);
        Map<String, Object> summary = new TreeMap<>();
        Map<String, Object> probes = new TreeMap<>();
        constraints.getSummary().forEach((column, set) -> {
            summary.put(column, valueSet(set));
            // The SDK cannot compare microseconds.
            if (!Values.isMicro(set.getType())) {
                probes.put(column, probes(set, new Values(random)));
            }
        });
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("summary", summary);
        said.put("probes", probes);
        said.put("expression", constraints.getExpression().stream().map(Words::expression).toList());
        said.put("order", constraints.getOrderByClause().stream().map(Words::order).toList());
        said.put("limit", constraints.getLimit());
        said.put("passthrough", constraints.getQueryPassthroughArguments());
        QueryPlan plan = constraints.getQueryPlan();
        said.put("plan",
                plan == null ? null : Arrays.asList(plan.getSubstraitVersion(), plan.getSubstraitPlan()));
        return said;
    }

    private static Map<String, Object> valueSet(ValueSet set) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("type", set.getType().toString());
        said.put("nullAllowed", set.isNullAllowed());
        if (set instanceof SortedRangeSet sorted) {
            said.put("ranges", sorted.getOrderedRanges().stream()
                    .map(range -> List.of(marker(range.getLow()), marker(range.getHigh()))).toList());
        } else if (set instanceof EquatableValueSet equatable) {
            said.put("whiteList", equatable.isWhiteList());
            said.put("values", column(equatable.getValueBlock()));
        } else if (set instanceof AllOrNoneValueSet all) {
            // There is no getter of its own; any value will do.
            said.put("all", all.containsValue((Object) "any"));
        }
        return said;
    }

    private static Map<String, Object> marker(Marker marker) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("bound", marker.getBound().name());
        said.put("values", marker.isNullValue() ? null : column(marker.getValueBlock()));
        return said;
    }

    /** The values of a block of one column. */
    private static List<Object> column(Block block) {
        return Cells.rows(block).stream().map(row -> row.get(0)).toList();
    }

    /** Values of the set's type, those that its ranges and lists name among them, each with the SDK's verdict. */
    private Map<String, Object> probes(ValueSet set, Values values) {
        ArrowType type = set.getType();
        List<Object> asked = new ArrayList<>();
        for (int at = 0; at < 4; at++) {
            asked.add(values.value(type));
        }
        if (set instanceof SortedRangeSet sorted) {
            for (Range range : sorted.getOrderedRanges()) {
                for (Marker marker : List.of(range.getLow(), range.getHigh())) {
                    if (!marker.isNullValue()) {
                        asked.add(marker.getValue());
                    }
                }
            }
        } else if (set instanceof EquatableValueSet equatable) {
            for (int at = 0; at < equatable.getValues().getRowCount(); at++) {
                asked.add(equatable.getValue(at));
            }
        }
        Block block = BlockUtils.newBlock(allocator, "probe", type, asked.toArray());
        FieldReader reader = block.getFieldReader("probe");
        List<Boolean> verdicts = new ArrayList<>();
        for (int row = 0; row < block.getRowCount(); row++) {
            reader.setPosition(row);
            verdicts.add(set.containsValue(reader.readObject()));
        }
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("values", Cells.block(block));
        said.put("contained", verdicts);
        return said;
    }

    private static Map<String, Object> expression(FederationExpression expression) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("type", expression.getType().toString());
        if (expression instanceof FunctionCallExpression call) {
            said.put("call", call.getFunctionName().getFunctionName());
            said.put("arguments", call.getArguments().stream().map(Words::expression).toList());
        } else if (expression instanceof VariableExpression variable) {
            said.put("column", variable.getColumnName());
        } else if (expression instanceof ConstantExpression constant) {
            said.put("constants", constant.getValues() == null ? null : column(constant.getValues()));
        }
        return said;
    }

    private static List<String> order(OrderByField key) {
        return List.of(key.getColumnName(), key.getDirection().name());
    }
}

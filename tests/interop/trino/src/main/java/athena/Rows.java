package athena;

import com.fasterxml.jackson.databind.JsonNode;
import io.airlift.slice.Slices;
import io.trino.spi.Page;
import io.trino.spi.block.Block;
import io.trino.spi.block.BlockBuilder;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.ColumnMetadata;
import io.trino.spi.type.ArrayType;
import io.trino.spi.type.BooleanType;
import io.trino.spi.type.DoubleType;
import io.trino.spi.type.RowType;
import io.trino.spi.type.TimestampType;
import io.trino.spi.type.Type;
import io.trino.spi.type.TypeManager;
import io.trino.spi.type.VarcharType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table whose rows were handed over as JSON: what Athena must see.
 *
 * <p>{@code columns} are names and Trino's types; in {@code rows}, arrays of as many cells, doubles are texts as
 * {@link Double#parseDouble} reads them, timestamps milliseconds since 1970, dates days, arrays and rows are arrays.
 */
final class Rows {
    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final Map<String, Block> blocks = new LinkedHashMap<>();
    private final int count;

    Rows(JsonNode table, TypeManager types) {
        count = table.get("rows").size();
        int place = 0;
        for (JsonNode described : table.get("columns")) {
            String name = described.get(0).asText();
            Type type = types.fromSqlType(described.get(1).asText());
            BlockBuilder builder = type.createBlockBuilder(null, count);
            for (JsonNode row : table.get("rows")) {
                append(type, row.get(place), builder);
            }
            columns.put(name, new Column(name, type));
            blocks.put(name, builder.build());
            place++;
        }
    }

    Map<String, ColumnHandle> handles() {
        return new LinkedHashMap<>(columns);
    }

    List<ColumnMetadata> metadata() {
        List<ColumnMetadata> metadata = new ArrayList<>();
        columns.values().forEach(column -> metadata.add(new ColumnMetadata(column.name(), column.type())));
        return metadata;
    }

    Page page(List<ColumnHandle> read) {
        return new Page(count, read.stream().map(column -> blocks.get(((Column) column).name())).toArray(Block[]::new));
    }

    private static void append(Type type, JsonNode cell, BlockBuilder builder) {
        if (cell.isNull()) {
            builder.appendNull();
        } else if (type instanceof VarcharType) {
            type.writeSlice(builder, Slices.utf8Slice(cell.textValue()));
        } else if (type instanceof BooleanType) {
            type.writeBoolean(builder, cell.booleanValue());
        } else if (type instanceof DoubleType) {
            type.writeDouble(builder, Double.parseDouble(cell.textValue()));
        } else if (type instanceof TimestampType) {
            // Trino's timestamps are microseconds.
            type.writeLong(builder, Math.multiplyExact(cell.longValue(), 1000L));
        } else if (type instanceof ArrayType list) {
            Nested.list(builder, inside ->
                    cell.forEach(element -> append(list.getElementType(), element, inside)));
        } else if (type instanceof RowType row) {
            List<Type> members = row.getTypeParameters();
            Nested.row(builder, members.size(), (member, inside) ->
                    append(members.get(member), cell.get(member), inside));
        } else {
            // Integers of every width, and dates.
            type.writeLong(builder, cell.longValue());
        }
    }
}

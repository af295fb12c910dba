package athena;

import io.airlift.slice.Slice;
import io.trino.spi.connector.ConnectorAccessControl;
import io.trino.spi.connector.ConnectorSession;
import io.trino.spi.connector.ConnectorTransactionHandle;
import io.trino.spi.function.table.AbstractConnectorTableFunction;
import io.trino.spi.function.table.Argument;
import io.trino.spi.function.table.ConnectorTableFunctionHandle;
import io.trino.spi.function.table.Descriptor;
import io.trino.spi.function.table.ReturnTypeSpecification;
import io.trino.spi.function.table.ScalarArgument;
import io.trino.spi.function.table.ScalarArgumentSpecification;
import io.trino.spi.function.table.TableFunctionAnalysis;
import io.trino.spi.type.VarcharType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code system.query}: a statement for the connector's own source. */
final class Passthrough extends AbstractConnectorTableFunction {
    private final FunctionConnector connector;

    /** An analysed call. */
    record Call(Scan scan) implements ConnectorTableFunctionHandle {
    }

    Passthrough(FunctionConnector connector) {
        super("system", "query",
                List.of(ScalarArgumentSpecification.builder().name("QUERY").type(VarcharType.VARCHAR).build()),
                ReturnTypeSpecification.GenericTable.GENERIC_TABLE);
        this.connector = connector;
    }

    @Override
    public TableFunctionAnalysis analyze(ConnectorSession session, ConnectorTransactionHandle transaction,
            Map<String, Argument> arguments, ConnectorAccessControl control) {
        Slice statement = (Slice) ((ScalarArgument) arguments.get("QUERY")).getValue();
        Scan scan = connector.passthrough(session, statement.toStringUtf8());
        List<Descriptor.Field> fields = scan.schema().getFields().stream()
                .map(field -> new Descriptor.Field(field.getName(), Optional.of(WireTypes.trino(field)))).toList();
        return TableFunctionAnalysis.builder().returnedType(new Descriptor(fields)).handle(new Call(scan)).build();
    }
}

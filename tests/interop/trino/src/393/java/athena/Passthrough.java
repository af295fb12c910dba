package athena;

import io.airlift.slice.Slice;
import io.trino.spi.connector.ConnectorSession;
import io.trino.spi.connector.ConnectorTransactionHandle;
import io.trino.spi.ptf.AbstractConnectorTableFunction;
import io.trino.spi.ptf.Argument;
import io.trino.spi.ptf.ConnectorTableFunctionHandle;
import io.trino.spi.ptf.Descriptor;
import io.trino.spi.ptf.ReturnTypeSpecification;
import io.trino.spi.ptf.ScalarArgument;
import io.trino.spi.ptf.ScalarArgumentSpecification;
import io.trino.spi.ptf.TableFunctionAnalysis;
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
            Map<String, Argument> arguments) {
        Slice statement = (Slice) ((ScalarArgument) arguments.get("QUERY")).getValue();
        Scan scan = connector.passthrough(session, statement.toStringUtf8());
        List<Descriptor.Field> fields = scan.schema().getFields().stream()
                .map(field -> new Descriptor.Field(field.getName(), Optional.of(WireTypes.trino(field)))).toList();
        return TableFunctionAnalysis.builder().returnedType(new Descriptor(fields)).handle(new Call(scan)).build();
    }
}

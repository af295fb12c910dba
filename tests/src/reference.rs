//! The tests that the Java connector, the reference, has of itself (reference-connector.md, 7.1 to 7.3), by their ids:
//! which test gives the same input to the whole connector and wants the same meaning. Where the reference's expectation
//! is one of its weaknesses, the test wants what is right, and says so.
//!
//! | metadata handler | test |
//! |---|---|
//! | `doListSchemaNames` | `metadata::a_thousand_databases_…` |
//! | `doListTables` | `metadata::a_thousand_tables_…` |
//! | `doGetTable` | `metadata::a_table_that_glue_answers_nothing_of_is_described` |
//! | `doGetTableGlue` | `metadata::a_view_of_glue_has_its_columns_…`; `view text` is no view here |
//! | `doGetTimeSeriesTableGlue` | `metadata::a_time_series_in_glue_…`, `glue::views::the_documented_view_…` |
//! | `doGetTableLayout` | `protocol::a_table_without_partitions_has_the_sdk_s_one_partition` |
//! | `doGetSplits` | `protocol::every_split_has_a_place_and_a_key_of_its_own`; without a partition there is no row and no split here: `reading::an_empty_domain_has_no_split` |
//! | `doGetQueryPassthroughSchema_scalarColumns_returnsSchema` | `passthrough::scalar_columns_…` |
//! | `…_timeseriesColumn_returnsSchema` | `passthrough::a_series_column_is_a_list_of_points` |
//! | `…_nullColumnName_defaultsToItem` | `passthrough::a_nameless_column_is_named_by_its_place`, not `item` |
//! | `…_arrayAndRowColumns_returnsSchema` | `passthrough::arrays_and_rows_…` |
//! | `…_missingType_throwsException`, `…_emptyType_throwsException` | `passthrough::a_column_without_a_type_…` |
//!
//! | record handler | test |
//! |---|---|
//! | `doReadRecordsNoSpill`, `doReadRecordsSpill` | `records::a_thousand_rows_…`, `records::a_hundred_thousand_rows_…` |
//! | `readRecordsView`, `readRecordsTimeSeriesView` | `records::a_view_…`, `records::a_view_of_series_…` |
//! | `doReadRecordsNoSpillValidateTimeStamp` | `records::times_of_any_fraction_…` |
//! | `doReadRecords_withIntAndDateDayScalars_…`, `…_withBitTrueFalseAndBigIntScalars_…`, `…_withListStructWrongTimeFieldName_…`, `…_withNullScalars_…`, `…_withArrayColumn_…`, `…_withStructColumn_…`, `…_withNestedDateFields_…`, `…_withTimeSeriesVarcharMeasure_…`, `…_withNullComplexDatums_…`, `…_withTimeSeriesIntBigintBitMeasures_…`, `…_withStructContainingVarcharBigintInt_…` | `values::a_row_has_the_values_of_its_data` |
//! | `…_withPagination_returnsTwoRecordsFromPaginatedQuery` | `reading::pages_with_and_without_rows_become_one_block` |
//!
//! `condition::`, `plan::` and `sql::` are tests beside the code in `guest`; `java-compat`'s tests hold each text itself.
//!
//! | builders, passthrough, client | test |
//! |---|---|
//! | `PredicateBuilderTest`: `quoteColumn_…` (2), `escapeSqlStringLiteral_…` | `sql::tests::names_are_quoted_whatever_they_hold`, `…text_doubles_the_quote_and_nothing_else` |
//! | `buildConjucts_equatableVarcharWithApostrophe_…`, `…_sortedRangeVarcharSingleValueWithApostrophe_…` | `condition::tests::lists_of_values` |
//! | `…_intGreaterThanRange_…`, `…_nullAllowedWithIntGreaterThan_…` | `condition::tests::ranges_of_one_column` |
//! | `…_columnNameContainsDoubleQuote_…`, `…_emptySummary_…` | `statements::conjuncts_are_the_reference_s` |
//! | `…_dateMilliGreaterThanRange_…` | `condition::tests::timestamps_are_typed_nanoseconds` |
//! | `…_onlyNullSortedRangeSet_…`, `…_notNullSortedRangeSet_…` | `condition::tests::everything_and_nothing` |
//! | `…_sortedRangeSetNoneWithoutNull_…`, `…_equatableValueSetEmpty_…` | `statements::sets_without_a_value_read_nothing`: no row is no error, and never `IN ()` |
//! | `SelectQueryBuilderTest` (3) | `statements::conjuncts_are_the_reference_s`, `…conditions_on_times_…`, `plan::tests::a_view_stands_on_its_own_lines` |
//! | `DescribeTableQueryBuilderTest` | `metadata::a_table_that_glue_answers_nothing_of_is_described` |
//! | `TimestreamQueryPassthroughTest`: `customConnectorVerifications_…` (7) | `passthrough::queries_are_taken_and_other_statements_refused` |
//! | `getFunctionArguments_whenCalled_shouldReturnQueryArgument` | `passthrough::passthrough_is_announced_while_it_is_on` beside this folder |
//! | `TimestreamClientBuilderTest` | `metadata::every_call_tells_whose_it_is` |

#![expect(clippy::unwrap_used, reason = "a test")]

mod metadata;
mod passthrough;
mod records;
mod statements;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field};
use connector::wire::{Block, Constraints, TableName, ValueSet};
use connector::{Connector, Reading};
use local::s3::S3;
use tests::athena::select;
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config_with_glue};

/// Athena's sizes, as the SDK's validator sends them.
const USUAL: (u64, u64) = (16_000_000, 5_242_880);

/// A connector in front of a Timestream that plays a script.
struct World {
    timestream: Scripted,
    s3: S3,
    connector: Connector,
}

impl World {
    /// Without Glue.
    async fn start(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_settings(&[("disable_glue", "true")], "http://127.0.0.1:1", script).await
    }

    /// With a Glue at this URL.
    async fn with_glue(
        glue: &str,
        script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with_settings(&[], glue, script).await
    }

    async fn with_settings(
        settings: &[(&str, &str)],
        glue: &str,
        script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let timestream = Scripted::start(script).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = sdk_config_with_glue(timestream.url(), &s3.url(), glue);
        let settings = crate::glue::settings(settings);
        Self {
            connector: Connector::with_plugin(settings, &config, plugin("timestream").unwrap()),
            timestream,
            s3,
        }
    }

    /// All of Athena's calls for these columns: the blocks, what the read did, the statement that Timestream was sent.
    async fn read(
        &self,
        name: &TableName,
        columns: &[&str],
        constraints: &Constraints,
        sizes: (u64, u64),
    ) -> (Vec<RecordBatch>, Reading, String) {
        let s3 = aws_sdk_s3::Client::new(&sdk_config_with_glue("", &self.s3.url(), ""));
        let read = select(
            &self.connector,
            Some(&s3),
            name,
            columns,
            constraints,
            sizes,
        );
        let (batches, mut readings) = read.await.unwrap();
        let calls = self.timestream.calls();
        let mut statements = calls.iter().rev().filter(|call| call.operation == "Query");
        let statement = statements.next().unwrap().sql().to_owned();
        (batches, readings.remove(0), statement)
    }
}

/// The arguments of a passthrough query, its function in lower case.
fn arguments(text: &str) -> BTreeMap<String, String> {
    [("schemaFunctionName", "system.query"), ("QUERY", text)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn constraints<const N: usize>(sets: [(&str, ValueSet); N]) -> Constraints {
    Constraints {
        summary: sets.map(|(column, set)| (column.to_owned(), set)).into(),
        ..Constraints::default()
    }
}

/// An equatable value set.
fn any_of(values: ArrayRef) -> ValueSet {
    ValueSet::EquatableValueSet {
        value_block: block(values),
        white_list: true,
        null_allowed: false,
    }
}

fn block(values: ArrayRef) -> Block {
    Block(RecordBatch::try_from_iter_with_nullable([("col1", values, true)]).unwrap())
}

/// A list as the connector announces it.
fn list(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", element, true)))
}

/// A row as the connector announces it.
fn row(members: &[(&str, DataType)]) -> DataType {
    let members = members.iter();
    DataType::Struct(
        members
            .map(|(name, r#type)| Field::new(*name, r#type.clone(), true))
            .collect(),
    )
}

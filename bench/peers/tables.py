"""The tables for SQLAlchemy, and its queries, as the FastAPI and the Litestar peer have them."""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Interval,
    Select,
    Table,
    create_engine,
    func,
    or_,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)
from sqlalchemy.types import TypeDecorator

from bench.peers import wire


class Microseconds(TypeDecorator):
    """A duration as Django keeps it: on SQLite a number."""

    impl, cache_ok = Interval, True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Interval())

    def process_result_value(self, value: Any, dialect: Any) -> timedelta | None:
        return timedelta(microseconds=value) if isinstance(value, int) else value


class Moment(TypeDecorator):
    """A time of UTC, which SQLite keeps without its zone."""

    impl, cache_ok = DateTime(timezone=True), True

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    type_annotation_map = {timedelta: Microseconds, datetime: Moment}


class Named(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def to(table: str) -> Any:
    return mapped_column(ForeignKey(f"spacecraft_{table}.id"))


class Status(Named):
    __tablename__ = "spacecraft_spacecraftstatus"


class ConfigurationType(Named):
    __tablename__ = "spacecraft_spacecraftconfigtype"


class AgencyType(Named):
    __tablename__ = "spacecraft_agencytype"


class License(Named):
    __tablename__ = "spacecraft_imagelicense"
    priority: Mapped[int]
    link: Mapped[str | None]


class VariantType(Named):
    __tablename__ = "spacecraft_imagevarianttype"


class Variant(Base):
    __tablename__ = "spacecraft_imagevariant"
    id: Mapped[int] = mapped_column(primary_key=True)
    image_url: Mapped[str | None]
    image_id: Mapped[int] = to("image")
    type_id: Mapped[int | None] = to("imagevarianttype")
    type: Mapped[VariantType | None] = relationship()


class Image(Named):
    __tablename__ = "spacecraft_image"
    image_url: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    credit: Mapped[str | None]
    single_use: Mapped[bool | None]
    license_id: Mapped[int | None] = to("imagelicense")
    license: Mapped[License | None] = relationship()
    variants: Mapped[list[Variant]] = relationship(order_by=Variant.id)


class Agency(Named):
    __tablename__ = "spacecraft_agency"
    abbrev: Mapped[str | None]
    type_id: Mapped[int | None] = to("agencytype")
    type: Mapped[AgencyType | None] = relationship()

    @property
    def url(self) -> str:
        return wire.url_of("agencies", self.id)


class Family(Named):
    __tablename__ = "spacecraft_spacecraftconfigfamily"
    description: Mapped[str | None]
    maiden_flight: Mapped[date | None]
    manufacturer_id: Mapped[int | None] = to("agency")
    manufacturer: Mapped[Agency | None] = relationship()
    parent_id: Mapped[int | None] = to("spacecraftconfigfamily")
    parent: Mapped["Family | None"] = relationship(remote_side="Family.id")


between = Table(
    "spacecraft_spacecraftconfiguration_family",
    Base.metadata,
    Column("id", primary_key=True),
    Column("spacecraftconfiguration_id", ForeignKey("spacecraft_spacecraftconfiguration.id")),
    Column("spacecraftconfigfamily_id", ForeignKey("spacecraft_spacecraftconfigfamily.id")),
)


class Configuration(Named):
    __tablename__ = "spacecraft_spacecraftconfiguration"
    in_use: Mapped[bool | None]
    type_id: Mapped[int | None] = to("spacecraftconfigtype")
    type: Mapped[ConfigurationType | None] = relationship()
    agency_id: Mapped[int | None] = to("agency")
    agency: Mapped[Agency | None] = relationship()
    image_id: Mapped[int | None] = to("image")
    image: Mapped[Image | None] = relationship()
    family: Mapped[list[Family]] = relationship(secondary=between, order_by=between.c.id)

    @property
    def url(self) -> str:
        return wire.url_of("spacecraft_configurations", self.id)


class Spacecraft(Named):
    __tablename__ = "spacecraft_spacecraft"
    sort_name: Mapped[str]
    serial_number: Mapped[str | None]
    is_placeholder: Mapped[bool | None]
    in_space: Mapped[bool | None]
    settled_in_space: Mapped[timedelta | None] = mapped_column("time_in_space")
    in_space_since: Mapped[datetime | None]
    settled_docked: Mapped[timedelta | None] = mapped_column("time_docked")
    docked_since: Mapped[datetime | None]
    flights_count: Mapped[int | None]
    mission_ends_count: Mapped[int | None]
    description: Mapped[str | None]
    fastest: Mapped[timedelta | None] = mapped_column("fastest_turnaround")
    image_id: Mapped[int | None] = to("image")
    image: Mapped[Image | None] = relationship()
    status_id: Mapped[int | None] = to("spacecraftstatus")
    status: Mapped[Status | None] = relationship()
    spacecraft_config_id: Mapped[int | None] = to("spacecraftconfiguration")
    spacecraft_config: Mapped[Configuration | None] = relationship()

    @property
    def url(self) -> str:
        return wire.url_of("spacecraft", self.id)

    @property
    def time_in_space(self) -> str | None:
        return wire.running(self.settled_in_space, self.in_space_since)

    @property
    def time_docked(self) -> str | None:
        return wire.running(self.settled_docked, self.docked_since)

    @property
    def fastest_turnaround(self) -> str | None:
        return wire.iso(self.fastest)


def _image(load: Any) -> Any:
    return load.options(
        joinedload(Image.license), selectinload(Image.variants).joinedload(Variant.type)
    )


def _whole() -> tuple[Any, ...]:
    """All that the list shows: in few queries, and each configuration once."""
    configuration = selectinload(Spacecraft.spacecraft_config).options(
        joinedload(Configuration.type),
        joinedload(Configuration.agency).joinedload(Agency.type),
        _image(joinedload(Configuration.image)),
        selectinload(Configuration.family).options(
            joinedload(Family.manufacturer).joinedload(Agency.type), joinedload(Family.parent)
        ),
    )
    return joinedload(Spacecraft.status), _image(joinedload(Spacecraft.image)), configuration


WHOLE = _whole()


def _filtered(query: Select, search: str, given: dict[str, Any]) -> Select:
    for name, value in given.items():
        if value is not None:
            query = query.where(getattr(Spacecraft, name) == value)
    words = search.split()
    if words:
        query = query.join(Spacecraft.spacecraft_config)
    for word in words:
        query = query.where(
            or_(
                Spacecraft.name.icontains(word, autoescape=True),
                Configuration.name.icontains(word, autoescape=True),
            )
        )
    return query


def page(
    session: Any, limit: int, offset: int, ordering: str, search: str, **given: Any
) -> tuple[int, list[Spacecraft]]:
    """How many there are, and those of the page."""
    count = session.scalar(_filtered(select(func.count()).select_from(Spacecraft), search, given))
    columns = [(getattr(Spacecraft, name), down) for name, down in wire.ordering_of(ordering)]
    query = _filtered(select(Spacecraft).options(*WHOLE), search, given)
    query = query.order_by(*(column.desc() if down else column for column, down in columns))
    return count, list(session.scalars(query.limit(limit).offset(offset)))


def record(session: Any, pk: int) -> Spacecraft | None:
    return session.scalar(select(Spacecraft).options(*WHOLE).where(Spacecraft.id == pk))


def _engine(url: str) -> Any:
    if url.startswith("postgres"):
        return create_engine(f"postgresql+psycopg://{url.partition('://')[2]}")
    return create_engine(f"sqlite:///{url}")


Session = sessionmaker(_engine(os.environ["BENCH_DATABASE"]))

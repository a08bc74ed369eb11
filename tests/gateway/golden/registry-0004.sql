BEGIN TRANSACTION;
CREATE TABLE registry_calibration (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device_id VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	method VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	start_s BIGINT NOT NULL, 
	end_s BIGINT, 
	numbers JSON NOT NULL, 
	evidence JSON NOT NULL, 
	added_s BIGINT NOT NULL, 
	removed_s BIGINT, 
	CONSTRAINT fk_registry_calibration_device_id FOREIGN KEY(device_id) REFERENCES registry_device (id)
);
INSERT INTO "registry_calibration" VALUES(1,'air-1','temperature','linear',1,0,NULL,'{"slope": 0.5, "offset": 1.0}','{"r2": 0.9}',1700400000,1700400100);
INSERT INTO "registry_calibration" VALUES(2,'air-1','temperature','linear',2,1700000000,1700050000,'{"slope": 0.75, "offset": -1.0}','{"r2": 0.9}',1700400200,NULL);
CREATE TABLE registry_channel (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device_id VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	quantity VARCHAR NOT NULL, 
	quality JSON NOT NULL, 
	CONSTRAINT uq_registry_channel_device_id_channel UNIQUE (device_id, channel), 
	CONSTRAINT fk_registry_channel_device_id FOREIGN KEY(device_id) REFERENCES registry_device (id)
);
INSERT INTO "registry_channel" VALUES(1,'air-1','temperature','temperature','{"fail_high": 60.0}');
INSERT INTO "registry_channel" VALUES(2,'air-1','pm2_5','pm2_5','{}');
INSERT INTO "registry_channel" VALUES(3,'air-2','temperature','temperature','{"fail_high": 60.0}');
INSERT INTO "registry_channel" VALUES(4,'air-2','pm2_5','pm2_5','{}');
CREATE TABLE registry_device (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	pilot_id INTEGER NOT NULL, 
	shard VARCHAR NOT NULL, 
	recipe VARCHAR NOT NULL, 
	period_s FLOAT NOT NULL, 
	stage VARCHAR NOT NULL, 
	user VARCHAR NOT NULL, 
	password_hash VARCHAR NOT NULL, 
	added_s BIGINT NOT NULL, update_key VARCHAR DEFAULT '' NOT NULL, update_serial BIGINT DEFAULT '0' NOT NULL, firmware VARCHAR DEFAULT '' NOT NULL, link VARCHAR DEFAULT '' NOT NULL, expires_s BIGINT, revoked_s BIGINT, 
	CONSTRAINT uq_registry_device_id UNIQUE (id), 
	CONSTRAINT fk_registry_device_pilot_id FOREIGN KEY(pilot_id) REFERENCES registry_pilot (id)
);
INSERT INTO "registry_device" VALUES(1,'air-1',1,'82','air',30.0,'retired','air-1','$7$101$c2FsdA==$aGFzaA==',1700000000,'',0,'','link-of-air-1',NULL,1700350000);
INSERT INTO "registry_device" VALUES(2,'air-2',1,'38','air',10.0,'essai','air-2','$7$101$c2FsdA==$aGFzaA==',1700150000,'0000000000000000000000000000000000000000000000000000000000000000',1700400000,'0123abcd','link-of-air-2',1700500000,NULL);
CREATE TABLE registry_group (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	CONSTRAINT uq_registry_group_device_id_name UNIQUE (device_id, name), 
	CONSTRAINT fk_registry_group_device_id FOREIGN KEY(device_id) REFERENCES registry_device (id)
);
INSERT INTO "registry_group" VALUES(1,'air-1','ecole');
INSERT INTO "registry_group" VALUES(2,'air-2','ecole');
INSERT INTO "registry_group" VALUES(3,'air-2','atelier-2026');
CREATE TABLE registry_installation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device_id VARCHAR NOT NULL, 
	place_id INTEGER NOT NULL, 
	start_s BIGINT NOT NULL, 
	end_s BIGINT, 
	CONSTRAINT fk_registry_installation_device_id FOREIGN KEY(device_id) REFERENCES registry_device (id), 
	CONSTRAINT fk_registry_installation_place_id FOREIGN KEY(place_id) REFERENCES registry_place (id)
);
INSERT INTO "registry_installation" VALUES(1,'air-1',1,1700000000,1700100000);
INSERT INTO "registry_installation" VALUES(2,'air-1',2,1700100000,1700300000);
INSERT INTO "registry_installation" VALUES(3,'air-2',1,1700150000,NULL);
CREATE TABLE registry_opening (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	installation_id INTEGER NOT NULL, 
	start_s BIGINT NOT NULL, 
	end_s BIGINT, 
	hidden BOOLEAN NOT NULL, 
	CONSTRAINT fk_registry_opening_installation_id FOREIGN KEY(installation_id) REFERENCES registry_installation (id)
);
INSERT INTO "registry_opening" VALUES(1,1,1700003600,1700100000,0);
INSERT INTO "registry_opening" VALUES(2,2,1700100000,1700300000,0);
INSERT INTO "registry_opening" VALUES(3,3,1700160000,1700170000,1);
CREATE TABLE registry_period (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	series_id INTEGER NOT NULL, 
	from_s BIGINT NOT NULL, 
	period_s FLOAT NOT NULL, 
	CONSTRAINT uq_registry_period_series_id_from_s UNIQUE (series_id, from_s), 
	CONSTRAINT fk_registry_period_series_id FOREIGN KEY(series_id) REFERENCES registry_series (id)
);
INSERT INTO "registry_period" VALUES(1,1,0,60.0);
INSERT INTO "registry_period" VALUES(2,2,0,60.0);
INSERT INTO "registry_period" VALUES(3,3,0,60.0);
INSERT INTO "registry_period" VALUES(4,4,0,60.0);
INSERT INTO "registry_period" VALUES(5,4,1700200000,30.0);
INSERT INTO "registry_period" VALUES(6,3,1700200000,30.0);
INSERT INTO "registry_period" VALUES(7,1,1700150000,10.0);
INSERT INTO "registry_period" VALUES(8,2,1700150000,10.0);
CREATE TABLE registry_pilot (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	slug VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	timezone VARCHAR NOT NULL, 
	licence VARCHAR NOT NULL, 
	attribution VARCHAR NOT NULL, 
	demo BOOLEAN NOT NULL, 
	CONSTRAINT uq_registry_pilot_slug UNIQUE (slug)
);
INSERT INTO "registry_pilot" VALUES(1,'rennes','Rennes, air et bruit','Europe/Paris','etalab-2.0','Ville de Rennes',1);
CREATE TABLE registry_place (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	pilot_id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	lat FLOAT NOT NULL, 
	lon FLOAT NOT NULL, 
	"key" VARCHAR NOT NULL, 
	CONSTRAINT fk_registry_place_pilot_id FOREIGN KEY(pilot_id) REFERENCES registry_pilot (id), 
	CONSTRAINT uq_registry_place_key UNIQUE ("key")
);
INSERT INTO "registry_place" VALUES(1,1,'Mairie',48.1113,-1.68,'key-of-place-1');
INSERT INTO "registry_place" VALUES(2,1,'École l''Été',48.12,-1.66,'key-of-place-2');
CREATE TABLE registry_revision (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	revision INTEGER NOT NULL
);
INSERT INTO "registry_revision" VALUES(1,21);
CREATE TABLE registry_series (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	place_id INTEGER NOT NULL, 
	channel VARCHAR NOT NULL, 
	quantity VARCHAR NOT NULL, 
	generated_until_s BIGINT, 
	recipe_quality JSON NOT NULL, 
	own_quality JSON NOT NULL, 
	CONSTRAINT uq_registry_series_place_id_channel UNIQUE (place_id, channel), 
	CONSTRAINT fk_registry_series_place_id FOREIGN KEY(place_id) REFERENCES registry_place (id)
);
INSERT INTO "registry_series" VALUES(1,1,'temperature','temperature',NULL,'{"fail_high": 60.0}','{}');
INSERT INTO "registry_series" VALUES(2,1,'pm2_5','pm2_5',1700050000,'{}','{"suspect_high": 80.0}');
INSERT INTO "registry_series" VALUES(3,2,'temperature','temperature',NULL,'{"fail_high": 60.0}','{}');
INSERT INTO "registry_series" VALUES(4,2,'pm2_5','pm2_5',NULL,'{}','{}');
CREATE TABLE registry_stage (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device_id VARCHAR NOT NULL, 
	at_s BIGINT NOT NULL, 
	stage VARCHAR NOT NULL, 
	CONSTRAINT fk_registry_stage_device_id FOREIGN KEY(device_id) REFERENCES registry_device (id)
);
INSERT INTO "registry_stage" VALUES(1,'air-1',1700000000,'atelier');
INSERT INTO "registry_stage" VALUES(2,'air-1',1700003600,'public');
INSERT INTO "registry_stage" VALUES(3,'air-2',1700150000,'atelier');
INSERT INTO "registry_stage" VALUES(4,'air-2',1700160000,'public');
INSERT INTO "registry_stage" VALUES(5,'air-2',1700170000,'essai');
INSERT INTO "registry_stage" VALUES(6,'air-1',1700300000,'retired');
CREATE TABLE registry_update (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device_id VARCHAR NOT NULL, 
	at_s BIGINT NOT NULL, 
	version VARCHAR NOT NULL, 
	"end" VARCHAR NOT NULL, 
	why VARCHAR NOT NULL, 
	CONSTRAINT fk_registry_update_device_id FOREIGN KEY(device_id) REFERENCES registry_device (id)
);
INSERT INTO "registry_update" VALUES(1,'air-2',1700400100,'0123abcd','kept','');
CREATE TABLE registry_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT registry_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "registry_version" VALUES('0004');
CREATE INDEX ix_registry_installation_place_id ON registry_installation (place_id);
CREATE INDEX ix_registry_installation_device_id ON registry_installation (device_id);
CREATE INDEX ix_registry_stage_device_id ON registry_stage (device_id);
CREATE INDEX ix_registry_opening_installation_id ON registry_opening (installation_id);
CREATE INDEX ix_registry_update_device_id ON registry_update (device_id);
CREATE INDEX ix_registry_calibration_device_id ON registry_calibration (device_id);
CREATE UNIQUE INDEX ix_registry_device_link ON registry_device (link);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('registry_revision',1);
INSERT INTO "sqlite_sequence" VALUES('registry_pilot',1);
INSERT INTO "sqlite_sequence" VALUES('registry_place',2);
INSERT INTO "sqlite_sequence" VALUES('registry_device',2);
INSERT INTO "sqlite_sequence" VALUES('registry_channel',4);
INSERT INTO "sqlite_sequence" VALUES('registry_stage',6);
INSERT INTO "sqlite_sequence" VALUES('registry_installation',3);
INSERT INTO "sqlite_sequence" VALUES('registry_series',4);
INSERT INTO "sqlite_sequence" VALUES('registry_period',8);
INSERT INTO "sqlite_sequence" VALUES('registry_opening',3);
INSERT INTO "sqlite_sequence" VALUES('registry_update',1);
INSERT INTO "sqlite_sequence" VALUES('registry_calibration',2);
INSERT INTO "sqlite_sequence" VALUES('registry_group',3);
COMMIT;
